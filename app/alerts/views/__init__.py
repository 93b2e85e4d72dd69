"""Pages of the alerts, notices, favourites and feeds."""
