"""Commands that install, run and check the project. Standard library only."""
