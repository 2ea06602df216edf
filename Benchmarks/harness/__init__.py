"""Measures Colophon beside its peers: no-op runs, first runs, ingest, hashing, and the way from an edit to a report."""
