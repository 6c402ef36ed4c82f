// A law of a module's parameters: where it does not hold, elaboration ends with an error.
`default_nettype none

module law #(
    parameter bit HOLDS = 1'b1,
    parameter     TEXT  = ""
) ();
    generate
        if (!HOLDS) begin : g_broken
`ifdef __ICARUS__
            // Icarus before version 12 has no $error here; a missing module ends it as well.
            a_parameter_breaks_a_law broken ();
            initial $display("%s", TEXT);
`else
            $error("%s", TEXT);
`endif
        end
    endgenerate
endmodule

`default_nettype wire
