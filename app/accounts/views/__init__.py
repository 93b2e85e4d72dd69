"""Pages of accounts: signing in, proving it a second time, keeping one's account safe."""
