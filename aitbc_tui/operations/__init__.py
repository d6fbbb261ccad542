"""Everything that changes the world: plan, guard, run, audit."""
