"""What singular values guarantee: worst cases, regression, complexity, advice."""
