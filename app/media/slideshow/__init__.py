"""Pictures that move gently under a narration: values and motion, planes, and the render."""
