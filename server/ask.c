#include "server/ask.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/bytes.h"
#include "base/loop_udp.h"
#include "base/mem.h"
#include "zones/dns_code.h"
#include "zones/dns_read.h"

struct ask {
    struct loop_udp udp;
    struct loop_timer timer;
    unsigned handles; /* open or closing */
    bool is_over;
    unsigned tries;
    struct ask_options options; /* message: ours */
    struct sockaddr_storage to;
    uint16_t id;
    uint8_t message[];
};

static void handle_closed(struct ask *ask)
{
    if (--ask->handles == 0) {
        mem_free(ask);
    }
}

static void udp_closed(struct loop_udp *udp)
{
    handle_closed(udp->context);
}

static void timer_closed(struct loop_timer *timer)
{
    handle_closed(timer->context);
}

/* Memory lives on until both are closed. */
static void end(struct ask *ask)
{
    if (ask->is_over) {
        return;
    }
    ask->is_over = true;
    loop_udp_close(&ask->udp);
    loop_timer_close(&ask->timer, timer_closed);
}

static void fail(struct ask *ask, int err)
{
    end(ask);
    ask->options.on_failed(ask->options.context, err);
}

static bool is_same(const struct sockaddr *a, const struct sockaddr *b)
{
    if (a->sa_family != b->sa_family) {
        return false;
    }
    if (a->sa_family == AF_INET) {
        const struct sockaddr_in *x = (const void *)a, *y = (const void *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *x = (const void *)a, *y = (const void *)b;
    return x->sin6_port == y->sin6_port &&
           memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) == 0;
}

static void on_message(struct loop_udp *udp, const struct sockaddr *from, const uint8_t *data,
                       size_t len)
{
    struct ask *ask = udp->context;
    struct rd rd = rd_make(data, len);
    struct dns_header header;
    if (ask->is_over || !is_same(from, (const struct sockaddr *)&ask->to) ||
        dns_read_header(&rd, &header) || header.id != ask->id || !(header.flags & DNS_FLAG_QR)) {
        return;
    }
    if (ask->options.on_answer(ask->options.context, data, len)) {
        end(ask);
    }
}

/* What does not leave counts as lost: the network may be back at the next try. */
static void send_try(struct ask *ask)
{
    uint32_t wait_ms = ask->tries < ASK_TRIES_MAX ? ask->options.waits_ms[ask->tries] : 0;
    if (wait_ms == 0) {
        fail(ask, -ETIMEDOUT);
        return;
    }
    ask->tries++;
    (void)loop_udp_send(&ask->udp, (const struct sockaddr *)&ask->to, ask->message,
                        ask->options.len);
    loop_timer_start(&ask->timer, wait_ms, 0);
}

static void on_timer(struct loop_timer *timer)
{
    send_try(timer->context);
}

int ask_start(struct loop *loop, const struct ask_options *options, struct ask **out_ask)
{
    static const struct loop_udp_hooks hooks = {on_message, udp_closed};
    struct ask *ask = mem_alloc(sizeof(*ask) + options->len);
    struct sockaddr_storage any = {.ss_family = AF_UNSPEC};
    ask->options = *options;
    memcpy(ask->message, options->message, options->len);
    ask->options.message = ask->message;
    ask->id = (uint16_t)(options->message[0] << 8 | options->message[1]);
    server_conf_value_fill_address(options->to, &ask->to);
    any.ss_family = ask->to.ss_family;
    int err = loop_udp_open(&ask->udp, loop, (struct sockaddr *)&any, &hooks, ask);
    if (err) {
        mem_free(ask);
        return err;
    }
    loop_timer_init(&ask->timer, loop, on_timer, ask);
    ask->handles = 2;
    *out_ask = ask;
    send_try(ask);
    return 0;
}

void ask_stop(struct ask *ask)
{
    if (ask) {
        end(ask);
    }
}
