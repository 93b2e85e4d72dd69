"""Pages of the applications feature, by audience."""
