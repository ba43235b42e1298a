"""Ready models on their way in and out: suitcases, exports in the layout of a hub, and the distrust they meet."""
