"""The commands of `corsproof`, one module each, imported when its command is called; with `harness.cli` the one door.

A module `name` has its command in `command`; what a command needs beyond click is imported when it runs.
"""
