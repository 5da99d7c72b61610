% Variables of every type as `save -text` writes them, with their values, to octave_text.json.
% Run in this folder: octave-cli make_octave_text.m
cases = struct();
cases.matrix = [1 0 -1; 20 1 0];
cases.decimals = [0.5 -2e-7; 3 1/3];
cases.row = [1 2 3 4];
cases.column = [1; 2; 3];
cases.special = [NaN 1; 2 0];  % JSON has no infinity
cases.sparse = sparse([1 0 -1; 20 0 0.5]);
cases.sparse_bool = sparse([true false; true true]);
cases.diagonal = diag([1 2.5 3]);
cases.wide_diagonal = 4 * eye(2, 3);
cases.permutation = eye(4)(:, [2 4 1 3]);
cases.row_permutation = eye(4)([2 4 1 3], :);
cases.range = 0:2:9;
cases.falling_range = 5:-1:1;
cases.decimal_range = 0:0.25:1;
cases.planes = reshape(1:24, 3, 2, 4);
cases.four_axes = reshape(1:48, 3, 2, 4, 2);
cases.scalar = 3.5;
cases.bool_matrix = [true false; false true];
cases.int_matrix = int32([1 -2; 3 4; 5 6]);
cases.int_planes = int8(reshape(1:12, 2, 3, 2));
cases.int_scalar = uint8(5);
cases.float_matrix = single([1.5 2; 3 0.1]);
cases.float_scalar = single(2.5);
output = struct();
for [value, name] = cases
  x = value;
  save("-text", "octave_text.tmp", "x");
  text = fileread("octave_text.tmp");
  % the first line names the machine and the time
  text = text(index(text, "\n") + 1:end);
  output.(name) = struct("text", ["# Created by Octave\n" text], "values", {full(double(x))});
end
delete("octave_text.tmp");
file = fopen("octave_text.json", "w");
fputs(file, jsonencode(output, "PrettyPrint", false));
fclose(file);
