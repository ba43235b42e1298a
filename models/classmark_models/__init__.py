"""The model engine of Classmark: texts → scores; knows nothing of the app."""
