// Takes a word from the queue, visits all neurons one after the other, sends the spikes, and passes
// ticks on. An event takes 1 + NEURONS CYCLES_PER_SOP cycles, a tick as many and 1 if it is passed
// on; each spike 1 more, and what the receiver keeps it waiting. A reset ends a visit where it
// stands: neurons that were written keep their new potentials, the others their old ones.
`default_nettype none

module controller #(
    parameter int NEURONS        = 48,
    parameter int AXON_BITS      = 6,
    parameter int CYCLES_PER_SOP = 2,   // 2: read, write; more: the memories answer later
    parameter int INDEX          = 1,   // number of this core among those of a chain
    localparam int NEURON_BITS = NEURONS > 1 ? $clog2(NEURONS) : 1,
    localparam int WAIT_BITS   = CYCLES_PER_SOP > 3 ? $clog2(CYCLES_PER_SOP) : 2
) (
    input  wire                              clk,
    input  wire                              reset,

    input  wire                              in_valid,
    output logic                             in_ready,
    input  wire                              in_tick,
    input  wire [snn_words::KIND_BITS-1:0]   in_kind,
    input  wire [snn_words::TARGET_BITS-1:0] in_target,
    input  wire [AXON_BITS-1:0]              in_axon,

    output logic                              out_valid,
    input  wire                               out_ready,
    output logic                              out_tick,
    output logic [snn_words::KIND_BITS-1:0]   out_kind,
    output logic [snn_words::TARGET_BITS-1:0] out_target,
    output logic [NEURON_BITS-1:0]            out_neuron,

    input  wire                              spike,     // of the neuron that is written now
    output logic                             idle,
    output logic                             read,      // memories are asked in this cycle
    output logic                             write,     // the new potential is written in this one
    output logic                             is_event,
    output logic [snn_words::KIND_BITS-1:0]  kind,
    output logic [AXON_BITS-1:0]             axon,
    output logic [NEURON_BITS-1:0]           neuron
);
    import snn_words::*;

    law #(.HOLDS(NEURONS >= 1 && NEURONS <= 65536), .TEXT("controller: NEURONS must be 1 to 65536"))
        neurons_law ();
    law #(
        .HOLDS(CYCLES_PER_SOP >= 2 && CYCLES_PER_SOP <= 64),
        .TEXT("controller: CYCLES_PER_SOP must be 2 to 64")
    ) cycles_law ();
    law #(
        .HOLDS(INDEX >= 1 && INDEX < 1 << TARGET_BITS),
        .TEXT("controller: INDEX must be 1 to 15, a tick names a core in four bits")
    ) index_law ();

    typedef enum logic [2:0] {IDLE, READ, WRITE, EMIT, PASS_ON} state_t;
    state_t state;

    logic [TARGET_BITS-1:0] target;
    logic [WAIT_BITS-1:0]   waited;
    wire last    = neuron == NEURON_BITS'(NEURONS - 1);
    wire for_me  = in_kind != MARK && (in_target == '0 || in_target == TARGET_BITS'(INDEX));
    wire passes  = !is_event && target != TARGET_BITS'(INDEX);
    wire read_on = waited != WAIT_BITS'(CYCLES_PER_SOP - 2);

    assign in_ready   = state == IDLE;
    assign idle       = state == IDLE;
    assign read       = state == READ && waited == '0;
    assign write      = state == WRITE;
    assign out_valid  = state == EMIT || state == PASS_ON;
    assign out_tick   = state == PASS_ON;
    assign out_kind   = kind;
    assign out_target = target;
    assign out_neuron = neuron;

    always_ff @(posedge clk) begin
        if (reset) begin
            state    <= IDLE;
            is_event <= 1'b0;
            kind     <= '0;
            target   <= '0;
            axon     <= '0;
            neuron   <= '0;
            waited   <= '0;
        end else begin
            case (state)
                IDLE: if (in_valid) begin
                    is_event <= !in_tick;
                    kind     <= in_kind;
                    target   <= in_target;
                    axon     <= in_axon;
                    neuron   <= '0;
                    waited   <= '0;
                    state    <= !in_tick || for_me ? READ : PASS_ON;
                end
                READ: begin
                    waited <= waited + 1'b1;
                    if (!read_on) state <= WRITE;
                end
                WRITE: begin
                    waited <= '0;
                    if (!spike) neuron <= neuron + 1'b1;
                    state <= spike ? EMIT : !last ? READ : passes ? PASS_ON : IDLE;
                end
                EMIT: if (out_ready) begin
                    neuron <= neuron + 1'b1;
                    state  <= !last ? READ : passes ? PASS_ON : IDLE;
                end
                PASS_ON: if (out_ready) state <= IDLE;
                default: state <= IDLE;
            endcase
        end
    end
endmodule

`default_nettype wire
