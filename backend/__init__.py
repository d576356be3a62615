"""Lulus: the HTTP side and the domain of a backend for teaching and examining people."""
