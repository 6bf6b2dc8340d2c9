"""Companies' websites to pages of text; knows nothing of what follows."""
