/* The way back of an answer that comes later, from another thread: plain data that a transport fills.
 *
 * Copied freely; what it names outlives every request: sockets close after the writer has ended.
 * Prefix: update_return */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { UPDATE_RETURN_CONTROL = 64 }; /* octets: one packet info of either family */

struct update_return {
    /* Send a message of len octets (borrowed) back; from any thread. */
    void (*send)(const struct update_return *back, const uint8_t *message, size_t len);
    void *transport; /* the transport's own */
    uint64_t connection;
    bool is_datagram; /* fd, address and control are all that sending takes */
    int fd;
    socklen_t address_len;
    struct sockaddr_storage address;
    size_t control_len;
    _Alignas(8) uint8_t control[UPDATE_RETURN_CONTROL];
};
