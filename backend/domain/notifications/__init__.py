"""What people are told by mail: who wants to hear of what, what was told, and what there is to tell."""
