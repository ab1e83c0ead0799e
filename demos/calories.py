"""What share of the calories of four foods is carbohydrate, protein and fat? No loop (E1 to E3, E6, E7).

The notes' table is three rows by four columns. Prints its totals 59.0, 239.0, 155.4 and 76.9, the
shares, such as 94.9 for the carbohydrate of apples, and why the sum is kept a row with keepdims=True.
Then a matrix and a row, 101 to 306, and a matrix and a column.
"""

import numpy as np

NUTRIENTS, FOODS = ("Carb", "Protein", "Fat"), ("Apples", "Beef", "Eggs", "Potatoes")
A = np.array([[56.0, 0.0, 4.4, 68.0], [1.2, 104.0, 52.0, 8.0], [1.8, 135.0, 99.0, 0.9]])

total = A.sum(axis=0, keepdims=True)  # (1, 4)
share = 100 * A / total  # (3, 4) / (1, 4): the row is repeated downwards

print("         ", *(f"{food:>9}" for food in FOODS))
print("kcal     ", *(f"{one:9.1f}" for one in total[0]))
for nutrient, row in zip(NUTRIENTS, share, strict=True):
    print(f"{nutrient:<9}", *(f"{one:8.1f}%" for one in row))
print("together ", *(f"{one:8.1f}%" for one in share.sum(axis=0)))

print("\nwith keepdims:   ", A.sum(axis=0, keepdims=True).shape, A.sum(axis=1, keepdims=True).shape)
print("without keepdims:", A.sum(axis=0).shape, A.sum(axis=1).shape)
try:
    A / A.sum(axis=1)
except ValueError as error:
    print(f"A / A.sum(axis=1): {error}")

M = np.array([[1, 2, 3], [4, 5, 6]])
print("\na matrix and a row:   ", np.add(M, [[100, 200, 300]]).tolist())
print("a matrix and a column:", np.add(M, [[100], [200]]).tolist())
