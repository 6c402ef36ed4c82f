// Time-multiplexed integrate-and-fire core: a queue, four memories, one neuron update that serves
// all neurons in turn, a controller. No event is ever lost: a full queue is not ready, and a core
// that must send a spike waits for its receiver. What does not exist or does not fit is refused and
// counted.
`default_nettype none

module integrate_and_fire_core #(
    parameter int AXONS          = 64,
    parameter int NEURONS        = 48,
    parameter int WEIGHT_BITS    = 8,
    parameter int STATE_BITS     = 24,
    parameter int CYCLES_PER_SOP = 2,     // from 3 on the memories have an output register
    parameter bit EVENT_RULE     = 1'b0,  // 0: tick rule, 1: event rule
    parameter int QUEUE_DEPTH    = 16,
    parameter int INDEX          = 1,
    parameter int COUNTER_BITS   = 32,
    parameter     IMAGE          = "",    // what the names of the memories' files begin with
    localparam int NUMBER_BITS = snn_words::NUMBER_BITS,
    localparam int NEURON_BITS = NEURONS > 1 ? $clog2(NEURONS) : 1
) (
    input  wire                               clk,
    input  wire                               reset,

    // Words in: an event of an axon, or a tick. What does not exist (an axon that the core has not,
    // a kind after MARK) is taken, does nothing, and counts as a refusal.
    input  wire                               in_valid,
    output logic                              in_ready,
    input  wire                               in_tick,
    input  wire [snn_words::KIND_BITS-1:0]    in_kind,
    input  wire [snn_words::TARGET_BITS-1:0]  in_target,
    input  wire [NUMBER_BITS-1:0]             in_axon,

    // Words out: the spike of a neuron, or a tick that is passed on.
    output logic                              out_valid,
    input  wire                               out_ready,
    output logic                              out_tick,
    output logic [snn_words::KIND_BITS-1:0]   out_kind,
    output logic [snn_words::TARGET_BITS-1:0] out_target,
    output logic [NEURON_BITS-1:0]            out_neuron,

    // Memory port, served while the core rests: port_ready is high then. select: 0 synapse, 1
    // potential, 2 threshold (below 0: never fires), 3 bias; address: {axon, neuron}, of the others
    // {0, neuron}. A read answers on port_rdata in the next cycle, with an output register in the
    // one after: port_rvalid is high then. A place that does not exist, and a weight that does not
    // fit, are refused: nothing is done, port_refused is high, and it is counted.
    input  wire                               port_enable,
    output logic                              port_ready,
    output logic                              port_refused,
    input  wire                               port_write,
    input  wire [1:0]                         port_select,
    input  wire [2*NUMBER_BITS-1:0]           port_address,
    input  wire [STATE_BITS-1:0]              port_wdata,
    output logic                              port_rvalid,
    output logic signed [STATE_BITS-1:0]      port_rdata,

    // What happened since reset; see activity_counters.
    output logic [snn_words::COUNTERS*COUNTER_BITS-1:0] counts,
    output logic                                        count_wrapped
);
    import snn_words::*;

    law #(
        .HOLDS(AXONS >= 1 && AXONS <= 65536),
        .TEXT("integrate_and_fire_core: AXONS must be 1 to 65536")
    ) axons_law ();

    localparam bit OUTPUT_REGISTER = CYCLES_PER_SOP > 2;
    localparam int AXON_BITS       = AXONS > 1 ? $clog2(AXONS) : 1;
    localparam int WORD_BITS       = 1 + KIND_BITS + TARGET_BITS + AXON_BITS;

    // The queue of words.
    logic                   word_valid, word_ready, word_tick;
    logic [KIND_BITS-1:0]   word_kind;
    logic [TARGET_BITS-1:0] word_target;
    logic [AXON_BITS-1:0]   word_axon;
    wire axon_exists = (NUMBER_BITS+1)'(in_axon) < (NUMBER_BITS+1)'(AXONS);
    wire word_exists = in_tick ? in_kind <= MARK : axon_exists;

    event_queue #(.WIDTH(WORD_BITS), .DEPTH(QUEUE_DEPTH)) queue (
        .clk, .reset, .in_valid(in_valid && word_exists), .in_ready,
        .in_word({in_tick, in_kind, in_target, in_axon[AXON_BITS-1:0]}),
        .out_valid(word_valid), .out_ready(word_ready),
        .out_word({word_tick, word_kind, word_target, word_axon}));

    // The controller.
    logic                   idle, read, write, is_event, spike, saturated;
    logic [KIND_BITS-1:0]   kind;
    logic [AXON_BITS-1:0]   axon;
    logic [NEURON_BITS-1:0] neuron;

    controller #(
        .NEURONS(NEURONS), .AXON_BITS(AXON_BITS), .CYCLES_PER_SOP(CYCLES_PER_SOP), .INDEX(INDEX)
    ) control (
        .clk, .reset, .in_valid(word_valid), .in_ready(word_ready), .in_tick(word_tick),
        .in_kind(word_kind), .in_target(word_target), .in_axon(word_axon),
        .out_valid, .out_ready, .out_tick, .out_kind, .out_target, .out_neuron,
        .spike, .idle, .read, .write, .is_event, .kind, .axon, .neuron);

    // The port has the memories while the core rests.
    wire [NUMBER_BITS-1:0] port_axon   = port_address[NUMBER_BITS +: NUMBER_BITS];
    wire [NUMBER_BITS-1:0] port_neuron = port_address[0 +: NUMBER_BITS];
    wire port_row_exists    = (NUMBER_BITS+1)'(port_axon) < (NUMBER_BITS+1)'(AXONS);
    wire port_column_exists = (NUMBER_BITS+1)'(port_neuron) < (NUMBER_BITS+1)'(NEURONS);
    wire port_is_synapse    = port_select == 2'd0;
    wire port_exists        = port_column_exists && (port_row_exists || !port_is_synapse);

    wire [STATE_BITS-WEIGHT_BITS:0] beyond_weight = port_wdata[STATE_BITS-1:WEIGHT_BITS-1];
    wire port_fits  = !port_is_synapse || beyond_weight == '0 || beyond_weight == '1;
    wire port_legal = port_exists && (!port_write || port_fits);

    assign port_ready   = idle && !word_valid;
    assign port_refused = port_ready && port_enable && !port_legal;
    wire serve = port_ready && port_enable && port_legal;

    // The memories: who asks for them, and which accesses there were.
    logic signed [WEIGHT_BITS-1:0] weight;
    logic signed [STATE_BITS-1:0] potential, next_potential, threshold, bias;
    wire [AXON_BITS-1:0]   row    = serve ? port_axon[AXON_BITS-1:0] : axon;
    wire [NEURON_BITS-1:0] column = serve ? port_neuron[NEURON_BITS-1:0] : neuron;
    wire serve_write = serve && port_write;
    wire tests       = EVENT_RULE || !is_event;
    logic read_synapse, read_potential, write_potential;
    /* verilator lint_off UNUSEDSIGNAL */  // these have no counter; proofs look at them
    logic wrote_synapse, read_threshold, wrote_threshold, read_bias, wrote_bias;
    /* verilator lint_on UNUSEDSIGNAL */

    localparam IMAGE_OF_SYNAPSES   = {IMAGE, "_synapses.hex"};
    localparam IMAGE_OF_POTENTIALS = {IMAGE, "_potentials.hex"};
    localparam IMAGE_OF_THRESHOLDS = {IMAGE, "_thresholds.hex"};
    localparam IMAGE_OF_BIASES     = {IMAGE, "_biases.hex"};

    sram #(
        .WIDTH(WEIGHT_BITS), .DEPTH((AXONS > 1 ? AXONS : 2) << NEURON_BITS),
        .OUTPUT_REGISTER(OUTPUT_REGISTER), .IMAGE(IMAGE == "" ? "" : IMAGE_OF_SYNAPSES)
    ) synapses (
        .clk, .enable((read && is_event) || (serve && port_select == 2'd0)), .write(serve_write),
        .address({row, column}), .wdata(port_wdata[WEIGHT_BITS-1:0]), .rdata(weight),
        .did_read(read_synapse), .did_write(wrote_synapse));

    sram #(
        .WIDTH(STATE_BITS), .DEPTH(NEURONS),
        .OUTPUT_REGISTER(OUTPUT_REGISTER), .IMAGE(IMAGE == "" ? "" : IMAGE_OF_POTENTIALS)
    ) potentials (
        .clk, .enable(read || write || (serve && port_select == 2'd1)),
        .write(write || serve_write),
        .address(column), .wdata(serve ? port_wdata : next_potential), .rdata(potential),
        .did_read(read_potential), .did_write(write_potential));

    sram #(
        .WIDTH(STATE_BITS), .DEPTH(NEURONS),
        .OUTPUT_REGISTER(OUTPUT_REGISTER), .IMAGE(IMAGE == "" ? "" : IMAGE_OF_THRESHOLDS)
    ) thresholds (
        .clk, .enable((read && tests) || (serve && port_select == 2'd2)), .write(serve_write),
        .address(column), .wdata(port_wdata), .rdata(threshold),
        .did_read(read_threshold), .did_write(wrote_threshold));

    sram #(
        .WIDTH(STATE_BITS), .DEPTH(NEURONS),
        .OUTPUT_REGISTER(OUTPUT_REGISTER), .IMAGE(IMAGE == "" ? "" : IMAGE_OF_BIASES)
    ) biases (
        .clk, .enable((read && !is_event) || (serve && port_select == 2'd3)), .write(serve_write),
        .address(column), .wdata(port_wdata), .rdata(bias),
        .did_read(read_bias), .did_write(wrote_bias));

    // The neuron.
    neuron_update #(
        .WEIGHT_BITS(WEIGHT_BITS), .STATE_BITS(STATE_BITS), .EVENT_RULE(EVENT_RULE)
    ) update (
        .is_event, .kind, .weight, .bias, .threshold,
        .potential, .next_potential, .spike, .saturated);

    // The port's answer, from the memory that was asked, when that memory gives it.
    logic [1:0] asked, asked_before;
    logic       asks, asks_before;
    always_ff @(posedge clk) begin
        asks         <= serve && !port_write;
        asks_before  <= asks;
        asked        <= port_select;
        asked_before <= asked;
    end

    wire [1:0] answering = OUTPUT_REGISTER ? asked_before : asked;
    assign port_rvalid = OUTPUT_REGISTER ? asks_before : asks;
    always_comb begin
        case (answering)
            2'd0:    port_rdata = STATE_BITS'(weight);
            2'd1:    port_rdata = potential;
            2'd2:    port_rdata = threshold;
            default: port_rdata = bias;
        endcase
    end

    // The counters. Accesses are counted at the memories' own pins; those of the port are none.
    logic [COUNTERS-1:0] happens;
    wire stalled = out_valid && !out_ready;
    wire working = !idle || word_valid;
    assign happens[CYCLES]      = working && !stalled;
    assign happens[STALLS]      = stalled;
    assign happens[SOPS]        = read_synapse && !serve;
    assign happens[READS]       = read_potential && !serve;
    assign happens[WRITES]      = write_potential && !serve;
    assign happens[SPIKES]      = write && spike;
    assign happens[SATURATIONS] = write && saturated;
    assign happens[REFUSALS]    = port_refused || (in_valid && in_ready && !word_exists);

    activity_counters #(.WIDTH(COUNTER_BITS)) counters (
        .clk, .reset, .happens, .counts, .wrapped(count_wrapped));
endmodule

`default_nettype wire
