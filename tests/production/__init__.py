"""The site as it is put online: the files of deploy/, real programs, production settings."""
