/* See bus_model.h. What a word does is said in the manual; here it is written a second time. */
#include "bus_model.h"

#include <string.h>

#include "network.h"
#include "spikewatt_registers.h"

#define FIELD(value, name) (((value)&SPIKEWATT_##name##_MASK) >> SPIKEWATT_##name##_SHIFT)
#define BIT(flag, name) ((flag) ? SPIKEWATT_##name##_MASK : 0u)

enum { QUEUE = 16, OUTPUT = 16, COUNTERS = 8, ACCESSES_PER_WORD = 3 };
enum { STEP, DOUBLE, ADD, FIRE, MARK };

/* The memories of all cores, one core after the other. */
static int32_t synapses[NETWORK_ALL_SYNAPSES];
static int64_t potentials[NETWORK_ALL_NEURONS];
static int64_t thresholds[NETWORK_ALL_NEURONS];
static int64_t biases[NETWORK_ALL_NEURONS];
static uint32_t counters[NETWORK_CORES][COUNTERS];

/* Words that wait: at the input, and at the output with those that find no place there. */
static uint32_t queue[QUEUE];
static unsigned queued;
static uint32_t output[OUTPUT + NETWORK_MOST_NEURONS + 1];
static unsigned leaving;

static unsigned core, memory, axon, neuron, counter, control, interrupt_enable;
static unsigned accesses;
static uint32_t refused;

static uint32_t refuse(void)
{
    refused++;
    return 0;
}

/* Held at the ends of the range. */
static int64_t add(unsigned index, int64_t potential, int64_t change)
{
    const int64_t limit = (int64_t)1 << (NETWORK_STATE_BITS - 1);
    int64_t sum = potential + change;

    if (sum >= -limit && sum < limit)
        return sum;
    counters[index][SPIKEWATT_COUNTER_SATURATIONS]++;
    return sum < 0 ? -limit : limit - 1;
}

/* Execute a word in the core `index`, and what leaves it in those behind. */
static void execute(unsigned index, uint32_t word)
{
    const int is_tick = FIELD(word, EVENT_TICK) != 0;
    const unsigned kind = FIELD(word, EVENT_KIND), target = FIELD(word, EVENT_TARGET);
    const int for_me = !is_tick || (kind != MARK && (target == 0 || target == index + 1));
    unsigned first_neuron = 0, first_synapse = 0, k, n;
    const network_core *shape;
    uint32_t *count;

    if (index == NETWORK_CORES) {
        uint32_t number = is_tick ? 0u : word & SPIKEWATT_SPIKE_NEURON_MASK;

        output[leaving++] = (word & ~SPIKEWATT_SPIKE_NEURON_MASK) | number |
                            SPIKEWATT_SPIKE_VALID_MASK;
        return;
    }

    for (k = 0; k < index; k++) {
        first_neuron += network_cores[k].neurons;
        first_synapse += network_cores[k].axons * network_cores[k].neurons;
    }
    shape = &network_cores[index];
    count = counters[index];
    count[SPIKEWATT_COUNTER_CYCLES]++;

    for (n = 0; for_me && n < shape->neurons; n++) {
        int64_t *potential = &potentials[first_neuron + n];
        const int64_t threshold = thresholds[first_neuron + n];
        const int64_t bias = biases[first_neuron + n];
        int spike = 0;

        count[SPIKEWATT_COUNTER_CYCLES] += NETWORK_CYCLES_PER_OPERATION;
        count[SPIKEWATT_COUNTER_READS]++;
        count[SPIKEWATT_COUNTER_WRITES]++;
        if (!is_tick) {
            const unsigned row = FIELD(word, EVENT_AXON) * shape->neurons;

            count[SPIKEWATT_COUNTER_SOPS]++;
            *potential = add(index, *potential, synapses[first_synapse + row + n]);
            continue;
        }

        if (kind == STEP || kind == ADD)
            *potential = add(index, *potential, bias);
        if ((kind == STEP || kind == FIRE) && threshold >= 0 && *potential >= threshold) {
            *potential -= threshold;
            spike = 1;
        }
        if (kind == DOUBLE || kind == FIRE)
            *potential = add(index, *potential, *potential);
        if (spike) {
            count[SPIKEWATT_COUNTER_SPIKES]++;
            count[SPIKEWATT_COUNTER_CYCLES]++;
            execute(index + 1, n);
        }
    }

    if (is_tick && (kind == MARK || target != index + 1)) {
        count[SPIKEWATT_COUNTER_CYCLES]++;
        execute(index + 1, word);
    }
}

static int stuck(void)
{
    return leaving > OUTPUT;
}

static int rests(void)
{
    return queued == 0 && !stuck();
}

/* Time passes with each access. */
static void work(void)
{
    accesses++;
    if (accesses % ACCESSES_PER_WORD == 0 && queued > 0 && !stuck()) {
        uint32_t word = queue[0];

        queued--;
        memmove(queue, queue + 1, queued * sizeof *queue);
        execute(0, word);
    }
}

static int place_exists(void)
{
    return core < NETWORK_CORES && neuron < network_cores[core].neurons &&
           (memory != SPIKEWATT_MEMORY_SYNAPSES || axon < network_cores[core].axons);
}

/* Read (value is none) or write the place in PORT_ADDRESS; answers what is there. */
static uint32_t port(const int64_t *value)
{
    static int64_t *const rows[] = {NULL, potentials, thresholds, biases};
    const int bits = memory == SPIKEWATT_MEMORY_SYNAPSES ? NETWORK_WEIGHT_BITS
                                                         : NETWORK_STATE_BITS;
    const int64_t limit = (int64_t)1 << (bits - 1);
    unsigned first_neuron = 0, first_synapse = 0, k;
    int64_t found;

    if (!place_exists() || !rests() || (value && (*value < -limit || *value >= limit)))
        return refuse();

    for (k = 0; k < core; k++) {
        first_neuron += network_cores[k].neurons;
        first_synapse += network_cores[k].axons * network_cores[k].neurons;
    }
    if (memory == SPIKEWATT_MEMORY_SYNAPSES) {
        int32_t *synapse = &synapses[first_synapse + axon * network_cores[core].neurons + neuron];

        if (value)
            *synapse = (int32_t)*value;
        found = *synapse;
    } else {
        int64_t *place = &rows[memory][first_neuron + neuron];

        if (value)
            *place = *value;
        found = *place;
    }

    if (control & SPIKEWATT_CONTROL_ADVANCE_MASK) {
        neuron++;
        if (neuron == network_cores[core].neurons) {
            neuron = 0;
            axon = (axon + 1) & 0xFFFFu;
        }
    }
    return (uint32_t)found;
}

static uint32_t receive(void)
{
    uint32_t word = output[0];

    if (leaving == 0 || (control & SPIKEWATT_CONTROL_STREAM_OUT_MASK))
        return 0;
    leaving--;
    memmove(output, output + 1, leaving * sizeof *output);
    return word;
}

uint32_t bus_model_read(uint32_t address)
{
    const unsigned level = leaving < OUTPUT ? leaving : OUTPUT;

    work();
    switch (address) {
    case SPIKEWATT_IDENTIFICATION:
        return SPIKEWATT_LETTER << SPIKEWATT_IDENTIFICATION_LETTER_SHIFT |
               SPIKEWATT_VERSION << SPIKEWATT_IDENTIFICATION_VERSION_SHIFT |
               NETWORK_CORES << SPIKEWATT_IDENTIFICATION_CORES_SHIFT | NETWORK_STATE_BITS;
    case SPIKEWATT_SIZES:
        if (core >= NETWORK_CORES)
            return refuse();
        return network_cores[core].axons << SPIKEWATT_SIZES_AXONS_SHIFT |
               network_cores[core].neurons;
    case SPIKEWATT_STATUS:
        return level << SPIKEWATT_STATUS_LEVEL_SHIFT |
               BIT(core < NETWORK_CORES && rests(), STATUS_PORT_READY) |
               BIT(queued < QUEUE, STATUS_INPUT_READY) |
               BIT(leaving >= OUTPUT, STATUS_OUTPUT_FULL) | BIT(leaving > 0, STATUS_OUTPUT_WAITS);
    case SPIKEWATT_SPIKE:
        return receive();
    case SPIKEWATT_PORT_SELECT:
        return core << SPIKEWATT_PORT_SELECT_CORE_SHIFT | memory;
    case SPIKEWATT_PORT_ADDRESS:
        return axon << SPIKEWATT_PORT_ADDRESS_AXON_SHIFT | neuron;
    case SPIKEWATT_PORT_DATA:
        return port(NULL);
    case SPIKEWATT_COUNTER_SELECT:
        return counter;
    case SPIKEWATT_COUNTER:
        return core < NETWORK_CORES ? counters[core][counter] : refuse();
    case SPIKEWATT_CONTROL:
        return control;
    case SPIKEWATT_INTERRUPT_ENABLE:
        return interrupt_enable;
    case SPIKEWATT_REFUSED:
        return refused;
    default:
        return refuse();
    }
}

static void send(uint32_t word)
{
    const int exists = FIELD(word, EVENT_TICK)
                           ? FIELD(word, EVENT_KIND) <= MARK
                           : FIELD(word, EVENT_AXON) < network_cores[0].axons;

    if (exists && queued < QUEUE)
        queue[queued++] = word;
    else
        refuse();
}

void bus_model_write(uint32_t address, uint32_t value)
{
    const int64_t number = (int32_t)value;

    work();
    switch (address) {
    case SPIKEWATT_SOFT_RESET:
        if (value & SPIKEWATT_SOFT_RESET_RESET_MASK) {
            queued = leaving = 0;
            refused = 0;
            memset(counters, 0, sizeof counters);
        }
        break;
    case SPIKEWATT_EVENT:
        send(value);
        break;
    case SPIKEWATT_PORT_SELECT:
        core = FIELD(value, PORT_SELECT_CORE);
        memory = FIELD(value, PORT_SELECT_MEMORY);
        break;
    case SPIKEWATT_PORT_ADDRESS:
        axon = FIELD(value, PORT_ADDRESS_AXON);
        neuron = FIELD(value, PORT_ADDRESS_NEURON);
        break;
    case SPIKEWATT_PORT_DATA:
        port(&number);
        break;
    case SPIKEWATT_COUNTER_SELECT:
        counter = FIELD(value, COUNTER_SELECT_COUNTER);
        break;
    case SPIKEWATT_CONTROL:
        control = value & (SPIKEWATT_CONTROL_ADVANCE_MASK | SPIKEWATT_CONTROL_STREAM_OUT_MASK);
        break;
    case SPIKEWATT_INTERRUPT_ENABLE:
        interrupt_enable = FIELD(value, INTERRUPT_ENABLE_ENABLE);
        break;
    default:
        refuse();
    }
}
