"""What runs cost whose samples stop when they are sure, or send no more bits than they need."""
