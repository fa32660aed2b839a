"""Jobs over many reports: rows in, rows out, in bounded memory."""
