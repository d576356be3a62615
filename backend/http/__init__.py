"""HTTP craft without business words; dialects use it."""
