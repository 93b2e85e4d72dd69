"""Demonstration data: fictional organisations, people and listings, clearly marked as such."""
