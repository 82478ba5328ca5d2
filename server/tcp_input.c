#include "server/tcp_input.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_LEAST = 512, ROOM_WASTE = 4 }; /* octets; room may be so many times what is held */

bool tcp_input_add(struct tcp_input *input, const uint8_t *data, size_t len)
{
    const size_t wanted = input->len + len;
    if (len == 0) {
        return true;
    }
    if (wanted > input->room) {
        size_t room = input->room ? input->room : ROOM_LEAST;
        while (room < wanted) {
            room *= 2;
        }
        uint8_t *larger = realloc(input->data, room);
        if (!larger) {
            return false;
        }
        input->data = larger;
        input->room = room;
    }
    memcpy(input->data + input->len, data, len);
    input->len = wanted;
    return true;
}

void tcp_input_drop(struct tcp_input *input, size_t len)
{
    if (len == input->len) {
        tcp_input_finish(input);
        return;
    }
    input->len -= len;
    memmove(input->data, input->data + len, input->len);
    const size_t room = input->len < ROOM_LEAST ? ROOM_LEAST : input->len;
    uint8_t *smaller = input->room > ROOM_WASTE * room ? realloc(input->data, room) : NULL;
    if (smaller) {
        input->data = smaller;
        input->room = room;
    }
}

void tcp_input_finish(struct tcp_input *input)
{
    free(input->data);
    *input = (struct tcp_input){0};
}
