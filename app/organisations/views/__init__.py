"""Pages of the organisations feature, by audience."""
