"""Pages of the professions."""
