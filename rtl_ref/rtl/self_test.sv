// A network that tests itself behind three pins: when it is powered up it sends the words of one
// sample to the chain, waits for the MARK that ends them, and compares the last core's potentials.
`default_nettype none

module self_test #(
    parameter int CORES                  = 2,
    parameter bit [CORES*16-1:0] AXONS   = {16'd48, 16'd64},
    parameter bit [CORES*16-1:0] NEURONS = {16'd10, 16'd48},
    parameter int WEIGHT_BITS            = 8,
    parameter int STATE_BITS             = 24,
    parameter int CYCLES_PER_SOP         = 2,
    parameter bit EVENT_RULE             = 1'b0,
    parameter int QUEUE_DEPTH            = 16,
    parameter int COUNTER_BITS           = 32,
    parameter int WORDS                  = 1,                // that are sent, a MARK last
    parameter     IMAGE                  = "self_",          // of the memories, as of snn_top
    parameter     SENT                   = "self_sent.hex",  // in the format of EVENT
    parameter     EXPECTED               = "self_expected.hex"  // potentials of the last core
) (
    input  wire  clk,
    output logic done,
    output logic passed  // holds with done
);
    import snn_words::*;
    localparam int CORE_BITS  = CORES > 1 ? $clog2(CORES) : 1;
    localparam int CLASSES    = int'(NEURONS[16*(CORES-1) +: 16]);
    localparam int CLASS_BITS = CLASSES > 1 ? $clog2(CLASSES) : 1;
    localparam int INDEX_BITS = WORDS > 1 ? $clog2(WORDS) : 1;

    // Memories that hold the sample. They are read a cycle ahead.
    /* verilator lint_off UNUSEDSIGNAL */
    logic [31:0]           word;
    /* verilator lint_on UNUSEDSIGNAL */
    logic [31:0]           sent [WORDS];
    logic [STATE_BITS-1:0] expected [CLASSES];
    initial begin
        $readmemh(SENT, sent);
        $readmemh(EXPECTED, expected);
    end

    // Reset ends by itself after power-up, which is all that sets this register to 0.
    /* verilator lint_off PROCASSINIT */
    logic [3:0] awake = '0;
    /* verilator lint_on PROCASSINIT */
    always_ff @(posedge clk) awake <= {awake[2:0], 1'b1};
    wire reset = !awake[3];

    typedef enum logic [2:0] {FETCH, SEND, WAIT, ASK, ANSWER, STOP} phase_t;
    phase_t                  phase;
    logic [INDEX_BITS-1:0]   index;
    logic [15:0]             neuron;
    logic                    in_ready, out_valid, out_tick, port_ready, port_rvalid;
    logic [KIND_BITS-1:0]    out_kind;
    logic signed [STATE_BITS-1:0] port_rdata;

    /* verilator lint_off PINCONNECTEMPTY */
    snn_top #(
        .CORES(CORES), .AXONS(AXONS), .NEURONS(NEURONS), .WEIGHT_BITS(WEIGHT_BITS),
        .STATE_BITS(STATE_BITS), .CYCLES_PER_SOP(CYCLES_PER_SOP), .EVENT_RULE(EVENT_RULE),
        .QUEUE_DEPTH(QUEUE_DEPTH), .COUNTER_BITS(COUNTER_BITS), .IMAGE(IMAGE)
    ) chain (
        .clk, .reset, .in_valid(phase == SEND), .in_ready, .in_tick(word[31]),
        .in_kind(word[30:28]), .in_target(word[27:24]), .in_axon(word[15:0]),
        .out_valid, .out_ready(1'b1), .out_tick, .out_kind, .out_target(), .out_neuron(),
        .port_enable(phase == ASK), .port_ready, .port_refused(), .port_core(CORE_BITS'(CORES - 1)),
        .port_write(1'b0), .port_select(2'd1), .port_address({16'd0, neuron}),
        .port_wdata({STATE_BITS{1'b0}}),
        .port_rvalid, .port_rdata, .counter_select(3'd0), .counter(), .counter_wrapped(),
        .link_valid(), .link_ready(), .link_tick(), .link_neuron());
    /* verilator lint_on PINCONNECTEMPTY */

    always_ff @(posedge clk) if (phase == FETCH) word <= sent[index];

    assign done = phase == STOP;

    always_ff @(posedge clk) begin
        if (reset) begin
            phase  <= FETCH;
            index  <= '0;
            neuron <= '0;
            passed <= 1'b1;
        end else begin
            case (phase)
                FETCH: phase <= SEND;
                SEND: if (in_ready) begin
                    index <= index + 1'b1;
                    phase <= 32'(index) == WORDS - 1 ? WAIT : FETCH;
                end
                WAIT: if (out_valid && out_tick && out_kind == MARK) phase <= ASK;
                ASK: if (port_ready) phase <= ANSWER;
                ANSWER: if (port_rvalid) begin
                    passed <= passed && port_rdata == $signed(expected[neuron[CLASS_BITS-1:0]]);
                    neuron <= neuron + 1'b1;
                    phase  <= 32'(neuron) == CLASSES - 1 ? STOP : ASK;
                end
                default: phase <= STOP;
            endcase
        end
    end
endmodule

`default_nettype wire
