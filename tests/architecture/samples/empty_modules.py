"""Nothing follows."""  # caught
