// First, and by itself: it asks who is signed in.
import "./api/early";

void import("./app");
