package notify

// LanesMost is by how many rules one sends at once.
const LanesMost = lanesMost
