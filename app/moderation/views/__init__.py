"""Pages of the team, by what they decide about."""
