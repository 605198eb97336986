"""From an event to whoever listens: publications become notifications, and notifications go out."""
