"""A synthetic German address stock with its websites, and the proof against the wallets that only the demo knows."""
