// Time-multiplexed integrate-and-fire core, tick rule.
//
// An event adds the weights of one axon to all neurons, one after the other: 1 + 2 NEURONS cycles.
// A tick ends the step: each neuron adds its bias, and if it reaches its threshold, emits its number and
// subtracts the threshold: 2 + 2 NEURONS cycles, one more per spike, and as long as the receiver keeps a word waiting.
// The tick is passed on behind the spikes. No event is ever lost: in_ready is low while the core works.
`default_nettype none

module integrate_and_fire_core #(
    parameter int AXONS       = 64,
    parameter int NEURONS     = 48,
    parameter int WEIGHT_BITS = 8,
    parameter int STATE_BITS  = 24,
    localparam int AXON_BITS    = AXONS > 1 ? $clog2(AXONS) : 1,
    localparam int NEURON_BITS  = NEURONS > 1 ? $clog2(NEURONS) : 1,
    localparam int SYNAPSE_BITS = AXONS * NEURONS > 1 ? $clog2(AXONS * NEURONS) : 1
) (
    input  wire                          clk,
    input  wire                          reset,

    // Events in: an axon, or the tick that ends a step.
    input  wire                          in_valid,
    output logic                         in_ready,
    input  wire                          in_tick,
    input  wire [AXON_BITS-1:0]          in_axon,

    // Events out: a neuron that fired, or the tick.
    output logic                         out_valid,
    input  wire                          out_ready,
    output logic                         out_tick,
    output logic [NEURON_BITS-1:0]       out_neuron,

    // Memory port, served while the core is idle and no event waits. select: 0 synapse (axon * NEURONS + neuron),
    // 1 potential, 2 {fires, threshold}, 3 bias. A read answers on port_rdata in the next cycle.
    input  wire                          port_enable,
    input  wire                          port_write,
    input  wire [1:0]                    port_select,
    input  wire [SYNAPSE_BITS-1:0]       port_address,
    input  wire [STATE_BITS:0]           port_wdata,
    output logic signed [STATE_BITS-1:0] port_rdata,

    // What happened since reset.
    output logic [47:0]                  count_cycles,       // cycles in which the core was busy
    output logic [47:0]                  count_sops,         // weights added
    output logic [47:0]                  count_saturations   // sums held at the end of the range
);
    typedef enum logic [2:0] {IDLE, EVENT_READ, EVENT_WRITE, TICK_READ, TICK_WRITE, EMIT, EMIT_TICK} state_t;
    state_t state;

    logic [AXON_BITS-1:0]   axon;
    logic [NEURON_BITS-1:0] neuron;
    wire                    last  = neuron == NEURON_BITS'(NEURONS - 1);
    wire                    serve = state == IDLE && !in_valid && port_enable;

    // Memories.
    wire reads  = state == EVENT_READ || state == TICK_READ;
    wire writes = state == EVENT_WRITE || state == TICK_WRITE;
    logic [WEIGHT_BITS-1:0]       weight;
    logic signed [STATE_BITS-1:0] potential, next_potential, bias;
    logic [STATE_BITS:0]          rule;
    wire                          fires     = rule[STATE_BITS];
    wire signed [STATE_BITS-1:0]  threshold = rule[STATE_BITS-1:0];

    sram #(.WIDTH(WEIGHT_BITS), .DEPTH(AXONS * NEURONS)) synapses (
        .clk, .enable(state == EVENT_READ || (serve && port_select == 2'd0)), .write(serve && port_write),
        .address(serve ? port_address : SYNAPSE_BITS'(axon * NEURONS) + SYNAPSE_BITS'(neuron)),
        .wdata(port_wdata[WEIGHT_BITS-1:0]), .rdata(weight));

    sram #(.WIDTH(STATE_BITS), .DEPTH(NEURONS)) potentials (
        .clk, .enable(reads || writes || (serve && port_select == 2'd1)), .write(writes || (serve && port_write)),
        .address(serve ? port_address[NEURON_BITS-1:0] : neuron),
        .wdata(serve ? port_wdata[STATE_BITS-1:0] : next_potential), .rdata(potential));

    sram #(.WIDTH(STATE_BITS + 1), .DEPTH(NEURONS)) rules (
        .clk, .enable(state == TICK_READ || (serve && port_select == 2'd2)), .write(serve && port_write),
        .address(serve ? port_address[NEURON_BITS-1:0] : neuron), .wdata(port_wdata), .rdata(rule));

    sram #(.WIDTH(STATE_BITS), .DEPTH(NEURONS)) biases (
        .clk, .enable(state == TICK_READ || (serve && port_select == 2'd3)), .write(serve && port_write),
        .address(serve ? port_address[NEURON_BITS-1:0] : neuron), .wdata(port_wdata[STATE_BITS-1:0]), .rdata(bias));

    // The neuron: one saturating sum for both phases, then the test.
    wire signed [STATE_BITS-1:0]  addend = state == TICK_WRITE ? bias : STATE_BITS'(signed'(weight));
    logic signed [STATE_BITS-1:0] sum;
    logic                         saturated;
    saturating_add #(.WIDTH(STATE_BITS)) adder (.a(potential), .b(addend), .sum, .saturated);

    wire spike = state == TICK_WRITE && fires && sum >= threshold;
    assign next_potential = spike ? sum - threshold : sum;

    // The controller.
    assign in_ready   = state == IDLE;
    assign out_valid  = state == EMIT || state == EMIT_TICK;
    assign out_tick   = state == EMIT_TICK;
    assign out_neuron = neuron;

    always_ff @(posedge clk) begin
        if (reset) begin
            state  <= IDLE;
            axon   <= '0;
            neuron <= '0;
        end else begin
            case (state)
                IDLE: if (in_valid) begin
                    axon   <= in_axon;
                    neuron <= '0;
                    state  <= in_tick ? TICK_READ : EVENT_READ;
                end
                EVENT_READ: state <= EVENT_WRITE;
                EVENT_WRITE: begin
                    neuron <= neuron + 1'b1;
                    state  <= last ? IDLE : EVENT_READ;
                end
                TICK_READ: state <= TICK_WRITE;
                TICK_WRITE: begin
                    if (!spike) neuron <= neuron + 1'b1;
                    if (spike)     state <= EMIT;
                    else if (last) state <= EMIT_TICK;
                    else           state <= TICK_READ;
                end
                EMIT: if (out_ready) begin
                    neuron <= neuron + 1'b1;
                    state  <= last ? EMIT_TICK : TICK_READ;
                end
                EMIT_TICK: if (out_ready) state <= IDLE;
                default: state <= IDLE;
            endcase
        end
    end

    // The port's answer, from the memory that was asked.
    logic [1:0] asked;
    always_ff @(posedge clk) if (serve) asked <= port_select;
    always_comb begin
        case (asked)
            2'd0:    port_rdata = STATE_BITS'(signed'(weight));
            2'd1:    port_rdata = potential;
            2'd2:    port_rdata = threshold;
            default: port_rdata = bias;
        endcase
    end

    always_ff @(posedge clk) begin
        if (reset) begin
            count_cycles      <= '0;
            count_sops        <= '0;
            count_saturations <= '0;
        end else begin
            if (state != IDLE || in_valid) count_cycles <= count_cycles + 1'b1;
            if (state == EVENT_WRITE)      count_sops <= count_sops + 1'b1;
            if (writes && saturated)       count_saturations <= count_saturations + 1'b1;
        end
    end
endmodule

`default_nettype wire
