#include "server/find_turn.h"

static uint64_t weight_of(const uint32_t *weights, unsigned i)
{
    return weights[i] ? weights[i] : 1;
}

/* How many turns each has of a round; returns their number. */
static unsigned share_out(const uint32_t *weights, unsigned count, unsigned *turns)
{
    uint64_t sum = 0, rest[FIND_TURN_EQUALS_MAX];
    for (unsigned i = 0; i < count; i++) {
        sum += weight_of(weights, i);
    }
    uint64_t round = sum < FIND_TURNS_MAX ? sum : FIND_TURNS_MAX;
    unsigned given = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t quota = weight_of(weights, i) * round;
        turns[i] = (unsigned)(quota / sum);
        rest[i] = quota % sum;
        if (turns[i] == 0) { /* nobody goes without: its remainder is spent */
            turns[i] = 1;
            rest[i] = 0;
        }
        given += turns[i];
    }
    while (given < round) {
        unsigned most = 0;
        for (unsigned i = 1; i < count; i++) {
            most = rest[i] > rest[most] ? i : most;
        }
        turns[most]++;
        rest[most] = 0;
        given++;
    }
    while (given > round) { /* what the small ones got on top comes from the largest */
        unsigned most = 0;
        for (unsigned i = 1; i < count; i++) {
            most = turns[i] > turns[most] ? i : most;
        }
        turns[most]--;
        given--;
    }
    return given;
}

unsigned find_turn_fill(const uint32_t *weights, unsigned count, uint8_t *out_turns)
{
    unsigned turns[FIND_TURN_EQUALS_MAX];
    int due[FIND_TURN_EQUALS_MAX] = {0};
    unsigned round = share_out(weights, count, turns);
    for (unsigned at = 0; at < round; at++) { /* whoever is furthest behind is next */
        unsigned next = 0;
        for (unsigned i = 0; i < count; i++) {
            due[i] += (int)turns[i];
            next = due[i] > due[next] ? i : next;
        }
        due[next] -= (int)round;
        out_turns[at] = (uint8_t)next;
    }
    return round;
}
