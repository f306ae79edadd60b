package simtest

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	disasters = 6
	// calm is how long clients go on when all faults have ended.
	calm = 10 * time.Second
	// latencyMax bounds the time that a message takes between two nodes.
	latencyMax = 5 * time.Millisecond
)

// suffer makes disasters, repairs everything and waits until it works again.
func (c *cluster) suffer(random *rand.Rand) {
	for range disasters {
		c.disaster(random)
	}
	c.net.Heal()
	for _, m := range c.members {
		if m.run == nil {
			c.start(m)
		}
	}
	time.Sleep(calm)
}

// slowDown gives every link a latency, so that there is a time between a request
// and its answer at which something may break.
func (c *cluster) slowDown(random *rand.Rand) {
	c.latency = time.Duration(random.Int64N(int64(latencyMax)))
	for _, m := range c.members {
		c.net.SetDelay(clientHost, m.name, c.latency/4)
		c.net.SetDelay(m.name, clientHost, c.latency/4)
		for _, other := range c.members {
			if other != m {
				c.net.SetDelay(m.name, other.name, c.latency)
			}
		}
	}
}

// disconnect breaks the connections of clients to some member again and again
// until ctx ends, amid whatever they do.
func (c *cluster) disconnect(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		time.Sleep(time.Duration(random.Int64N(int64(3 * time.Second))))
		c.net.Reset(clientHost, c.members[random.IntN(len(c.members))].name)
	}
}

// disaster makes one kind of trouble for a while and ends it.
func (c *cluster) disaster(random *rand.Rand) {
	names := []string{}
	for _, m := range c.members {
		names = append(names, m.name)
	}
	victim := c.members[random.IntN(nodes)]
	other := c.members[(random.IntN(nodes-1)+1+index(c.members, victim))%nodes]
	pause := func(most time.Duration) { time.Sleep(time.Duration(random.Int64N(int64(most))) + time.Millisecond) }
	switch random.IntN(6) {
	case 0, 1:
		c.crash(victim)
		pause(4 * time.Second)
		c.start(victim)
	case 2:
		c.net.Isolate(victim.name, names...)
		pause(6 * time.Second)
		c.net.Heal()
	case 3:
		c.net.CutOneWay(victim.name, other.name)
		pause(6 * time.Second)
		c.net.Heal()
	case 4:
		c.net.SetDelay(victim.name, other.name, time.Duration(random.IntN(300))*time.Millisecond)
		pause(4 * time.Second)
		c.net.SetDelay(victim.name, other.name, c.latency)
	case 5:
		c.net.Reset(victim.name, other.name)
		c.crash(victim)
		c.crash(other)
		pause(3 * time.Second)
		c.start(other)
		c.start(victim)
	}
	pause(3 * time.Second)
}

func index(members []*member, m *member) int {
	for i := range members {
		if members[i] == m {
			return i
		}
	}
	return -1
}
