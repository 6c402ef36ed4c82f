/* See spikewatt.h. */
#include "spikewatt.h"

#define FIELD(value, name) (((value)&SPIKEWATT_##name##_MASK) >> SPIKEWATT_##name##_SHIFT)
#define PLACED(value, name) ((uint32_t)(value) << SPIKEWATT_##name##_SHIFT)

static unsigned cores(void)
{
    return FIELD(SPIKEWATT_READ(SPIKEWATT_IDENTIFICATION), IDENTIFICATION_CORES);
}

static void choose(unsigned core, unsigned memory)
{
    SPIKEWATT_WRITE(SPIKEWATT_PORT_SELECT,
                    PLACED(core, PORT_SELECT_CORE) | PLACED(memory, PORT_SELECT_MEMORY));
}

static void ignore(void *context, uint32_t word)
{
    (void)context;
    (void)word;
}

/* Hand over a word that waits. Answers whether there was one. */
static int drain(spikewatt_receiver receiver, void *context)
{
    uint32_t word = spikewatt_receive();

    if (word == 0)
        return 0;
    receiver(context, word);
    return 1;
}

/* Until the cores up to `last` rest; words that leave are taken if there is a receiver. Only the
 * host wakes the first core, and only a core before it any other: those that were seen at rest, in
 * order, stay so. */
static int rest(unsigned last, spikewatt_receiver receiver, void *context)
{
    unsigned core;

    for (core = 0; core <= last; core++) {
        uint32_t looks = 0;

        choose(core, SPIKEWATT_MEMORY_POTENTIALS);
        while (!(SPIKEWATT_READ(SPIKEWATT_STATUS) & SPIKEWATT_STATUS_PORT_READY_MASK)) {
            if (receiver && drain(receiver, context))
                looks = 0;
            else if (++looks > SPIKEWATT_PATIENCE)
                return SPIKEWATT_HANGS;
        }
    }
    return SPIKEWATT_OK;
}

static int32_t value_at(const void *values, unsigned bytes, size_t index)
{
    if (bytes == 1)
        return ((const int8_t *)values)[index];
    if (bytes == 2)
        return ((const int16_t *)values)[index];
    return ((const int32_t *)values)[index];
}

int spikewatt_init(void)
{
    uint32_t found = SPIKEWATT_READ(SPIKEWATT_IDENTIFICATION);

    if (FIELD(found, IDENTIFICATION_LETTER) != SPIKEWATT_LETTER ||
        FIELD(found, IDENTIFICATION_VERSION) != SPIKEWATT_VERSION)
        return SPIKEWATT_NOT_THERE;

    spikewatt_soft_reset();
    SPIKEWATT_WRITE(SPIKEWATT_CONTROL, 0u);
    SPIKEWATT_WRITE(SPIKEWATT_INTERRUPT_ENABLE, 0u);
    return (int)cores();
}

void spikewatt_soft_reset(void)
{
    SPIKEWATT_WRITE(SPIKEWATT_SOFT_RESET, SPIKEWATT_SOFT_RESET_RESET_MASK);
}

int spikewatt_sizes(unsigned core, unsigned *axons, unsigned *neurons)
{
    uint32_t sizes;

    if (core >= cores())
        return SPIKEWATT_NO_PLACE;
    choose(core, SPIKEWATT_MEMORY_POTENTIALS);
    sizes = SPIKEWATT_READ(SPIKEWATT_SIZES);
    *axons = FIELD(sizes, SIZES_AXONS);
    *neurons = FIELD(sizes, SIZES_NEURONS);
    return SPIKEWATT_OK;
}

int spikewatt_load(unsigned core, unsigned memory, const void *values, unsigned bytes,
                   unsigned axons, unsigned neurons)
{
    unsigned rows, columns;
    size_t count, i;
    int answer = spikewatt_sizes(core, &rows, &columns);

    if (answer < 0)
        return answer;
    if (memory != SPIKEWATT_MEMORY_SYNAPSES)
        rows = 1;
    if (axons != rows || neurons != columns || memory > SPIKEWATT_MEMORY_BIASES ||
        (bytes != 1 && bytes != 2 && bytes != 4))
        return SPIKEWATT_NO_PLACE;
    answer = rest(core, NULL, NULL);
    if (answer < 0)
        return answer;

    choose(core, memory);
    SPIKEWATT_WRITE(SPIKEWATT_PORT_ADDRESS, 0u);
    SPIKEWATT_WRITE(SPIKEWATT_CONTROL, SPIKEWATT_CONTROL_ADVANCE_MASK);
    count = (size_t)axons * neurons;
    for (i = 0; i < count; i++)
        SPIKEWATT_WRITE(SPIKEWATT_PORT_DATA, (uint32_t)value_at(values, bytes, i));
    SPIKEWATT_WRITE(SPIKEWATT_CONTROL, 0u);
    return SPIKEWATT_OK;
}

int spikewatt_dump(unsigned core, unsigned memory, unsigned axon, int32_t *values,
                   unsigned neurons)
{
    unsigned rows, columns, i;
    int answer = spikewatt_sizes(core, &rows, &columns);

    if (answer < 0)
        return answer;
    if (memory != SPIKEWATT_MEMORY_SYNAPSES)
        rows = 1;
    if (axon >= rows || neurons > columns || memory > SPIKEWATT_MEMORY_BIASES)
        return SPIKEWATT_NO_PLACE;
    answer = rest(core, NULL, NULL);
    if (answer < 0)
        return answer;

    choose(core, memory);
    SPIKEWATT_WRITE(SPIKEWATT_PORT_ADDRESS, PLACED(axon, PORT_ADDRESS_AXON));
    SPIKEWATT_WRITE(SPIKEWATT_CONTROL, SPIKEWATT_CONTROL_ADVANCE_MASK);
    for (i = 0; i < neurons; i++)
        values[i] = (int32_t)SPIKEWATT_READ(SPIKEWATT_PORT_DATA);
    SPIKEWATT_WRITE(SPIKEWATT_CONTROL, 0u);
    return SPIKEWATT_OK;
}

int spikewatt_send(uint32_t word)
{
    if (!(SPIKEWATT_READ(SPIKEWATT_STATUS) & SPIKEWATT_STATUS_INPUT_READY_MASK))
        return 0;
    SPIKEWATT_WRITE(SPIKEWATT_EVENT, word);
    return 1;
}

uint32_t spikewatt_receive(void)
{
    return SPIKEWATT_READ(SPIKEWATT_SPIKE);
}

int spikewatt_run(const uint32_t *words, size_t count, spikewatt_receiver receiver, void *context)
{
    size_t i;
    int answer;

    if (!receiver)
        receiver = ignore;
    for (i = 0; i < count; i++) {
        uint32_t looks = 0;

        while (!spikewatt_send(words[i])) {
            if (drain(receiver, context))
                looks = 0;
            else if (++looks > SPIKEWATT_PATIENCE)
                return SPIKEWATT_HANGS;
        }
    }

    /* While a word waits in the output, the last core may wait for its place. */
    answer = rest(cores() - 1, receiver, context);
    while (answer >= 0 && drain(receiver, context)) {
    }
    return answer;
}

int spikewatt_counters(unsigned core, uint32_t counts[SPIKEWATT_COUNTERS])
{
    unsigned i;

    if (core >= cores())
        return SPIKEWATT_NO_PLACE;
    choose(core, SPIKEWATT_MEMORY_POTENTIALS);
    for (i = 0; i < SPIKEWATT_COUNTERS; i++) {
        SPIKEWATT_WRITE(SPIKEWATT_COUNTER_SELECT, PLACED(i, COUNTER_SELECT_COUNTER));
        counts[i] = SPIKEWATT_READ(SPIKEWATT_COUNTER);
    }
    return SPIKEWATT_OK;
}

unsigned spikewatt_decide(const int32_t *potentials, unsigned count)
{
    unsigned i, best = 0;

    if (count == 1)
        return potentials[0] > 0;
    for (i = 1; i < count; i++)
        if (potentials[i] > potentials[best])
            best = i;
    return best;
}
