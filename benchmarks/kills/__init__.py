"""What kills cost: nothing lost, nothing paid twice."""
