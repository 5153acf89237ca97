"""Reports: each eats events and writes what people or machines read. None of them knows the runner."""
