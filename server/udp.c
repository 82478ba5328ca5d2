#include "server/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rcu.h"
#include "server/udp_batch.h"

/* One socket of one worker. */
struct port {
    int fd;
    bool is_wildcard; /* bound to any address: answers must name theirs */
};

struct worker {
    struct udp *udp;
    unsigned number;
    pthread_t thread;
    bool is_running;
    struct port *ports;
    struct udp_batch *batch;
    struct query_worker *query;
    struct stat_set *stat;
};

struct udp {
    size_t port_count;
    unsigned worker_count;
    bool cpu_affinity;
    int stop_fd;   /* readable when the workers are to end */
    bool stopping; /* the same for workers that have no time to look */
    uint16_t *port_numbers;
    struct worker *workers;
    const struct clock *clock;
};

static uint16_t *address_port(struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET ? &((struct sockaddr_in *)address)->sin_port
                                         : &((struct sockaddr_in6 *)address)->sin6_port;
}

static bool is_any(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
    }
    return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static int set_options(int fd, int family, bool wildcard, uint64_t receive_buffer)
{
    int on = 1, omit = IP_PMTUDISC_OMIT; /* the number of IPv6's, too */
    int size = receive_buffer > 0x3fffffff ? 0x3fffffff : (int)receive_buffer;
    bool six = family == AF_INET6;
    int err = setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    err = err ? err : six ? setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) : 0;
    /* No fragments and no belief in forged path MTU news; a kernel without it still serves. */
    setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
               &omit, sizeof(omit));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    if (!err && wildcard) {
        err = setsockopt(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVPKTINFO : IP_PKTINFO,
                         &on, sizeof(on));
    }
    return err ? -errno : 0;
}

static int open_port(struct sockaddr_storage *address, uint64_t receive_buffer, struct port *port)
{
    socklen_t len =
        address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    port->is_wildcard = is_any(address);
    port->fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (port->fd < 0) {
        return -errno;
    }
    int err = set_options(port->fd, address->ss_family, port->is_wildcard, receive_buffer);
    if (!err && (bind(port->fd, (struct sockaddr *)address, len) ||
                 getsockname(port->fd, (struct sockaddr *)address, &len))) {
        err = -errno;
    }
    return err;
}

/* All workers' sockets of one address, one after the other, before any of them is read: a group
 * that grows later would move flows between sockets. */
static int open_address(struct udp *udp, size_t position, const struct udp_options *options)
{
    struct sockaddr_storage address = options->addresses[position];
    for (unsigned i = 0; i < udp->worker_count; i++) {
        int err = open_port(&address, options->receive_buffer, &udp->workers[i].ports[position]);
        if (err) {
            return err;
        }
    }
    udp->port_numbers[position] = ntohs(*address_port(&address));
    return 0;
}

int udp_open(const struct udp_options *options, struct udp **out_udp, size_t *out_address)
{
    struct udp *udp = mem_alloc(sizeof(*udp));
    udp->port_count = options->address_count;
    udp->worker_count = options->workers;
    udp->cpu_affinity = options->cpu_affinity;
    udp->port_numbers = mem_alloc(options->address_count * sizeof(*udp->port_numbers));
    udp->workers = mem_alloc(options->workers * sizeof(*udp->workers));
    udp->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int err = udp->stop_fd < 0 ? -errno : 0;
    for (unsigned i = 0; i < options->workers; i++) {
        struct worker *worker = &udp->workers[i];
        worker->udp = udp;
        worker->number = i;
        worker->batch = udp_batch_create(options->batch);
        worker->ports = mem_alloc(options->address_count * sizeof(*worker->ports));
        for (size_t j = 0; j < options->address_count; j++) {
            worker->ports[j].fd = -1;
        }
    }
    for (size_t j = 0; !err && j < options->address_count; j++) {
        *out_address = j;
        err = open_address(udp, j, options);
    }
    if (err) {
        udp_close(udp);
        return err;
    }
    *out_udp = udp;
    return 0;
}

uint16_t udp_port(const struct udp *udp, size_t position)
{
    return udp->port_numbers[position];
}

/* Serve all sockets until none has anything left. */
static void serve(struct worker *worker)
{
    unsigned came;
    do {
        came = 0;
        for (size_t i = 0; i < worker->udp->port_count; i++) {
            struct port *port = &worker->ports[i];
            came += udp_batch_serve(worker->batch, port->fd, port->is_wildcard, worker->query,
                                    worker->udp->clock, worker->stat);
            rcu_quiescent(); /* no pointer into zones survives this line */
        }
    } while (came > 0 && !__atomic_load_n(&worker->udp->stopping, __ATOMIC_RELAXED));
}

static void pin(unsigned number)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(number % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &set);
    pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *run(void *context)
{
    struct worker *worker = context;
    const struct udp *udp = worker->udp;
    struct pollfd *polls = mem_alloc((udp->port_count + 1) * sizeof(*polls));
    for (size_t i = 0; i < udp->port_count; i++) {
        polls[i] = (struct pollfd){worker->ports[i].fd, POLLIN, 0};
    }
    polls[udp->port_count] = (struct pollfd){udp->stop_fd, POLLIN, 0};
    if (udp->cpu_affinity) {
        pin(worker->number);
    }
    rcu_enter();
    while (!(polls[udp->port_count].revents & POLLIN)) {
        rcu_offline();
        int n = poll(polls, udp->port_count + 1, -1);
        rcu_online();
        if (n > 0) {
            serve(worker);
        }
    }
    rcu_leave();
    mem_free(polls);
    return NULL;
}

int udp_start(struct udp *udp, struct world_handle *world, struct stat_registry *stat,
              const struct clock *clock, struct update_gate *gate, struct sig0 *sig0,
              struct refresh *refresh)
{
    udp->clock = clock;
    for (unsigned i = 0; i < udp->worker_count; i++) {
        struct worker *worker = &udp->workers[i];
        worker->stat = stat_registry_add(stat);
        worker->query = query_worker_create(world, worker->stat, clock);
        struct query_updates updates = {.gate = gate,
                                        .sig0 = sig0,
                                        .fill = udp_batch_fill,
                                        .context = worker->batch,
                                        .refresh = refresh};
        query_worker_take_updates(worker->query, &updates);
        int err = pthread_create(&worker->thread, NULL, run, worker);
        if (err) {
            return -err;
        }
        worker->is_running = true;
    }
    return 0;
}

void udp_close(struct udp *udp)
{
    if (!udp) {
        return;
    }
    uint64_t one = 1;
    __atomic_store_n(&udp->stopping, true, __ATOMIC_RELAXED);
    ssize_t told = udp->stop_fd >= 0 ? write(udp->stop_fd, &one, sizeof(one)) : 0;
    (void)told; /* an eventfd at 0 takes it */
    for (unsigned i = 0; i < udp->worker_count; i++) {
        struct worker *worker = &udp->workers[i];
        if (worker->is_running) {
            pthread_join(worker->thread, NULL);
        }
        for (size_t j = 0; j < udp->port_count; j++) {
            if (worker->ports[j].fd >= 0) {
                close(worker->ports[j].fd);
            }
        }
        mem_free(worker->ports);
        udp_batch_destroy(worker->batch);
        query_worker_destroy(worker->query);
    }
    if (udp->stop_fd >= 0) {
        close(udp->stop_fd);
    }
    mem_free(udp->port_numbers);
    mem_free(udp->workers);
    mem_free(udp);
}
