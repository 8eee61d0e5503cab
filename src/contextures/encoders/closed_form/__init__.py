"""How :class:`contextures.encoders.RitzEncoder` learns."""
