"""Pages of listings: for everyone, and for those who write them."""
