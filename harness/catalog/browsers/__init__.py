"""The suite `browsers`: literal answers, and what the Fetch standard makes of them; one module per topic."""
