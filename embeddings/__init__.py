"""Documents to chunks, vectors, company vectors, nearest neighbours and keywords."""
