// Time-multiplexed integrate-and-fire core: a queue, four memories, one neuron update that serves all neurons in turn, a controller.
// No event is ever lost: a full queue is not ready, and a core that must send a spike waits for its receiver.
`default_nettype none

module integrate_and_fire_core #(
    parameter int AXONS          = 64,
    parameter int NEURONS        = 48,
    parameter int WEIGHT_BITS    = 8,
    parameter int STATE_BITS     = 24,
    parameter int CYCLES_PER_SOP = 2,
    parameter bit EVENT_RULE     = 1'b0,  // 0: tick rule, 1: event rule
    parameter int QUEUE_DEPTH    = 16,
    parameter int INDEX          = 1,
    parameter int COUNTER_BITS   = 32,
    localparam int AXON_BITS    = AXONS > 1 ? $clog2(AXONS) : 1,
    localparam int NEURON_BITS  = NEURONS > 1 ? $clog2(NEURONS) : 1,
    localparam int ADDRESS_BITS = AXON_BITS + NEURON_BITS
) (
    input  wire                               clk,
    input  wire                               reset,

    // Words in: an event of an axon, or a tick.
    input  wire                               in_valid,
    output logic                              in_ready,
    input  wire                               in_tick,
    input  wire [snn_words::KIND_BITS-1:0]    in_kind,
    input  wire [snn_words::TARGET_BITS-1:0]  in_target,
    input  wire [AXON_BITS-1:0]               in_axon,

    // Words out: the spike of a neuron, or a tick that is passed on.
    output logic                              out_valid,
    input  wire                               out_ready,
    output logic                              out_tick,
    output logic [snn_words::KIND_BITS-1:0]   out_kind,
    output logic [snn_words::TARGET_BITS-1:0] out_target,
    output logic [NEURON_BITS-1:0]            out_neuron,

    // Memory port, served while the core rests: port_ready is high then. select: 0 synapse {axon, neuron}, 1 potential,
    // 2 threshold (below 0: never fires), 3 bias. A read answers on port_rdata in the next cycle.
    input  wire                               port_enable,
    output logic                              port_ready,
    input  wire                               port_write,
    input  wire [1:0]                         port_select,
    input  wire [ADDRESS_BITS-1:0]            port_address,
    input  wire [STATE_BITS-1:0]              port_wdata,
    output logic signed [STATE_BITS-1:0]      port_rdata,

    // What happened since reset; see activity_counters.
    output logic [COUNTER_BITS-1:0]           count_cycles,
    output logic [COUNTER_BITS-1:0]           count_stalls,
    output logic [COUNTER_BITS-1:0]           count_sops,
    output logic [COUNTER_BITS-1:0]           count_reads,
    output logic [COUNTER_BITS-1:0]           count_writes,
    output logic [COUNTER_BITS-1:0]           count_spikes,
    output logic [COUNTER_BITS-1:0]           count_saturations
);
    import snn_words::*;

    // The queue of words.
    localparam int WORD_BITS = 1 + KIND_BITS + TARGET_BITS + AXON_BITS;
    logic                   word_valid, word_ready, word_tick;
    logic [KIND_BITS-1:0]   word_kind;
    logic [TARGET_BITS-1:0] word_target;
    logic [AXON_BITS-1:0]   word_axon;

    event_queue #(.WIDTH(WORD_BITS), .DEPTH(QUEUE_DEPTH)) queue (
        .clk, .reset, .in_valid, .in_ready, .in_word({in_tick, in_kind, in_target, in_axon}),
        .out_valid(word_valid), .out_ready(word_ready), .out_word({word_tick, word_kind, word_target, word_axon}));

    // The controller.
    logic                   idle, read, write, is_event, spike, saturated;
    logic [KIND_BITS-1:0]   kind;
    logic [AXON_BITS-1:0]   axon;
    logic [NEURON_BITS-1:0] neuron;

    controller #(.NEURONS(NEURONS), .AXON_BITS(AXON_BITS), .CYCLES_PER_SOP(CYCLES_PER_SOP), .INDEX(INDEX)) control (
        .clk, .reset, .in_valid(word_valid), .in_ready(word_ready), .in_tick(word_tick), .in_kind(word_kind),
        .in_target(word_target), .in_axon(word_axon), .out_valid, .out_ready, .out_tick, .out_kind, .out_target, .out_neuron,
        .spike, .idle, .read, .write, .is_event, .kind, .axon, .neuron);

    // The memories. The port has them while the core rests.
    assign port_ready = idle && !word_valid;
    wire serve = port_ready && port_enable;
    logic [WEIGHT_BITS-1:0]       weight;
    logic signed [STATE_BITS-1:0] potential, next_potential, threshold, bias;
    wire [NEURON_BITS-1:0]        row = serve ? port_address[NEURON_BITS-1:0] : neuron;

    sram #(.WIDTH(WEIGHT_BITS), .DEPTH((AXONS > 1 ? AXONS : 2) << NEURON_BITS)) synapses (
        .clk, .enable((read && is_event) || (serve && port_select == 2'd0)), .write(serve && port_write),
        .address(serve ? port_address : {axon, neuron}), .wdata(port_wdata[WEIGHT_BITS-1:0]), .rdata(weight));

    sram #(.WIDTH(STATE_BITS), .DEPTH(NEURONS)) potentials (
        .clk, .enable(read || write || (serve && port_select == 2'd1)), .write(write || (serve && port_write)),
        .address(row), .wdata(serve ? port_wdata : next_potential), .rdata(potential));

    sram #(.WIDTH(STATE_BITS), .DEPTH(NEURONS)) thresholds (
        .clk, .enable((read && (EVENT_RULE || !is_event)) || (serve && port_select == 2'd2)), .write(serve && port_write),
        .address(row), .wdata(port_wdata), .rdata(threshold));

    sram #(.WIDTH(STATE_BITS), .DEPTH(NEURONS)) biases (
        .clk, .enable((read && !is_event) || (serve && port_select == 2'd3)), .write(serve && port_write),
        .address(row), .wdata(port_wdata), .rdata(bias));

    // The neuron.
    neuron_update #(.WEIGHT_BITS(WEIGHT_BITS), .STATE_BITS(STATE_BITS), .EVENT_RULE(EVENT_RULE)) update (
        .is_event, .kind, .weight($signed(weight)), .bias, .threshold,
        .potential, .next_potential, .spike, .saturated);

    // The port's answer, from the memory that was asked.
    logic [1:0] asked;
    always_ff @(posedge clk) if (serve) asked <= port_select;
    always_comb begin
        case (asked)
            2'd0:    port_rdata = STATE_BITS'($signed(weight));
            2'd1:    port_rdata = potential;
            2'd2:    port_rdata = threshold;
            default: port_rdata = bias;
        endcase
    end

    activity_counters #(.WIDTH(COUNTER_BITS)) counters (
        .clk, .reset, .busy(!idle || word_valid), .stalled(out_valid && !out_ready), .read, .write, .is_event, .spike, .saturated,
        .cycles(count_cycles), .stalls(count_stalls), .sops(count_sops), .reads(count_reads), .writes(count_writes),
        .spikes(count_spikes), .saturations(count_saturations));
endmodule

`default_nettype wire
