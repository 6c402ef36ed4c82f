// A neuron that does whatever it likes, in place of neuron_update: what is proven with it holds for
// every rule.
`default_nettype none

module neuron_update #(
    parameter int WEIGHT_BITS = 8,
    parameter int STATE_BITS  = 24,
    parameter bit EVENT_RULE  = 1'b0
) (
    input  wire                            is_event,
    input  wire [snn_words::KIND_BITS-1:0] kind,
    input  wire signed [WEIGHT_BITS-1:0]   weight,
    input  wire signed [STATE_BITS-1:0]    bias,
    input  wire signed [STATE_BITS-1:0]    threshold,
    input  wire signed [STATE_BITS-1:0]    potential,
    output logic signed [STATE_BITS-1:0]   next_potential,
    output logic                           spike,
    output logic                           saturated
);
    (* anyseq *) logic [STATE_BITS-1:0] any_potential;
    (* anyseq *) logic any_spike, any_saturated;
    assign next_potential = any_potential;
    assign spike          = any_spike;
    assign saturated      = any_saturated;
endmodule

`default_nettype wire
