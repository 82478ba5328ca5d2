#include "server/udp_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "zones/dns_code.h"

enum {
    BUFFER_LEN = 4096,
    CONTROL_LEN = 64
}; /* octets; control holds one packet info of either family */

/* The two directions of one datagram. */
struct place {
    struct query_peer peer;
    struct sockaddr_storage address;
    _Alignas(struct cmsghdr) uint8_t control[CONTROL_LEN];
    struct iovec in_octets, out_octets;
};

struct udp_batch {
    unsigned size;
    int fd; /* of the present batch */
    struct mmsghdr *in, *out;
    struct place *places;
    uint8_t *in_buffers, *out_buffers;
};

struct udp_batch *udp_batch_create(unsigned size)
{
    struct udp_batch *batch = mem_alloc(sizeof(*batch));
    batch->size = size;
    batch->in = mem_alloc(size * sizeof(*batch->in));
    batch->out = mem_alloc(size * sizeof(*batch->out));
    batch->places = mem_alloc(size * sizeof(*batch->places));
    batch->in_buffers = mem_alloc((size_t)size * BUFFER_LEN);
    batch->out_buffers = mem_alloc((size_t)size * BUFFER_LEN);
    for (unsigned i = 0; i < size; i++) {
        struct place *place = &batch->places[i];
        place->in_octets = (struct iovec){batch->in_buffers + (size_t)i * BUFFER_LEN, BUFFER_LEN};
        place->out_octets = (struct iovec){batch->out_buffers + (size_t)i * BUFFER_LEN, 0};
        batch->in[i].msg_hdr.msg_iov = &place->in_octets;
        batch->in[i].msg_hdr.msg_iovlen = 1;
        batch->in[i].msg_hdr.msg_name = &place->address;
    }
    return batch;
}

void udp_batch_destroy(struct udp_batch *batch)
{
    if (batch) {
        mem_free(batch->in);
        mem_free(batch->out);
        mem_free(batch->places);
        mem_free(batch->in_buffers);
        mem_free(batch->out_buffers);
        mem_free(batch);
    }
}

/* The kernel writes into these fields, so they are set before every call. */
static void prepare(struct udp_batch *batch, unsigned used, bool is_wildcard)
{
    for (unsigned i = 0; i < used; i++) {
        struct msghdr *header = &batch->in[i].msg_hdr;
        header->msg_namelen = sizeof(batch->places[i].address);
        header->msg_control = is_wildcard ? batch->places[i].control : NULL;
        header->msg_controllen = is_wildcard ? CONTROL_LEN : 0;
        header->msg_flags = 0;
    }
}

static void read_peer(struct place *place)
{
    place->peer.transport = QUERY_UDP;
    if (place->address.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&place->address;
        place->peer.family = 4;
        place->peer.port = ntohs(in->sin_port);
        memcpy(place->peer.address, &in->sin_addr, 4);
        return;
    }
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&place->address;
    place->peer.family = 6;
    place->peer.port = ntohs(in6->sin6_port);
    memcpy(place->peer.address, &in6->sin6_addr, 16);
}

/* The answer leaves from the address that was asked: the received packet info, told to sendmsg. */
static void turn_control(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo *info = (struct in_pktinfo *)(void *)CMSG_DATA(c);
            info->ipi_spec_dst = info->ipi_addr;
            info->ipi_ifindex = 0;
        }
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo *info = (struct in6_pktinfo *)(void *)CMSG_DATA(c);
            if (!IN6_IS_ADDR_LINKLOCAL(&info->ipi6_addr)) {
                info->ipi6_ifindex = 0;
            }
        }
    }
}

/* Queue the answer of a place as the next to be sent. */
static void queue(struct udp_batch *batch, unsigned place, unsigned slot, size_t len)
{
    const struct msghdr *in = &batch->in[place].msg_hdr;
    struct msghdr *out = &batch->out[slot].msg_hdr;
    batch->places[place].out_octets.iov_len = len;
    *out = (struct msghdr){
        .msg_name = in->msg_name,
        .msg_namelen = in->msg_namelen,
        .msg_iov = &batch->places[place].out_octets,
        .msg_iovlen = 1,
        .msg_control = in->msg_controllen ? in->msg_control : NULL,
        .msg_controllen = in->msg_controllen,
    };
    turn_control(out);
}

/* From the writer's thread: one datagram through the socket that the request came by. */
static void send_back(const struct update_return *back, const uint8_t *message, size_t len)
{
    struct iovec octets = {(void *)message, len};
    struct msghdr header = {
        .msg_name = (void *)&back->address,
        .msg_namelen = back->address_len,
        .msg_iov = &octets,
        .msg_iovlen = 1,
        .msg_control = back->control_len ? (void *)back->control : NULL,
        .msg_controllen = back->control_len,
    };
    ssize_t sent = sendmsg(back->fd, &header, MSG_DONTWAIT);
    (void)sent; /* lost like any datagram: the client asks again and gets the same answer */
}

void udp_batch_fill(void *context, unsigned place, struct update_return *out_back)
{
    const struct udp_batch *batch = context;
    struct msghdr in = batch->in[place].msg_hdr;
    *out_back = (struct update_return){.send = send_back,
                                       .is_datagram = true,
                                       .fd = batch->fd,
                                       .address = batch->places[place].address,
                                       .address_len = in.msg_namelen};
    if (in.msg_control && in.msg_controllen <= UPDATE_RETURN_CONTROL) {
        turn_control(&in);
        out_back->control_len = in.msg_controllen;
        memcpy(out_back->control, in.msg_control, in.msg_controllen);
    }
}

/* Send all; a datagram that can not be sent is dropped and counted, its client asks again. */
static void send_all(struct udp_batch *batch, int fd, unsigned count, struct stat_set *stat)
{
    for (unsigned sent = 0; sent < count;) {
        int n = sendmmsg(fd, batch->out + sent, count - sent, MSG_DONTWAIT);
        if (n > 0) {
            sent += (unsigned)n;
        } else if (errno != EINTR) {
            stat_add(stat, STAT_udp_send_error, 1);
            sent++;
        }
    }
}

/* Three passes over the batch, so that the memory of many answers is fetched at the same time. */
static unsigned answer(struct udp_batch *batch, unsigned count, struct query_worker *worker,
                       struct stat_set *stat)
{
    query_start(worker);
    for (unsigned i = 0; i < count; i++) {
        struct place *place = &batch->places[i];
        read_peer(place);
        size_t len = batch->in[i].msg_len;
        if (batch->in[i].msg_hdr.msg_flags & MSG_TRUNC) {
            stat_add(stat, STAT_udp_oversize, 1);
            len = DNS_HEADER_LEN; /* what was cut off can not be judged: malformed */
        }
        query_begin(worker, i, &place->peer, place->in_octets.iov_base, len,
                    place->out_octets.iov_base, BUFFER_LEN);
    }
    for (unsigned i = 0; i < count; i++) {
        query_reach(worker, i);
    }
    unsigned answers = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t len = query_end(worker, i);
        if (len > 0 && batch->places[i].peer.port == 0) { /* can not be answered */
            stat_add(stat, STAT_drop_source, 1);
        } else if (len > 0) {
            queue(batch, i, answers++, len);
        }
    }
    return answers;
}

unsigned udp_batch_serve(struct udp_batch *batch, int fd, bool is_wildcard,
                         struct query_worker *worker, const struct clock *clock,
                         struct stat_set *stat)
{
    batch->fd = fd;
    prepare(batch, batch->size, is_wildcard);
    int n = recvmmsg(fd, batch->in, batch->size, MSG_DONTWAIT, NULL);
    if (n <= 0) {
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            stat_add(stat, STAT_udp_recv_error, 1);
        }
        return 0;
    }
    unsigned count = (unsigned)n;
    uint64_t begin_ns = clock->mono_ns(clock);
    unsigned answers = answer(batch, count, worker, stat);
    stat_time(stat, (clock->mono_ns(clock) - begin_ns) / count, count);
    send_all(batch, fd, answers, stat);
    return count;
}
