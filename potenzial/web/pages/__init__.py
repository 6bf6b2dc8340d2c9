"""Pages for people: one router each, HTML without inline script or style."""
