"""The encoder that learns a contexture in closed form, in the span of a basis."""

from __future__ import annotations

from contextures.encoders.ritz.encoder import RitzEncoder as RitzEncoder
