# Writes data sets of R packages, weka (ARFF) and libfann-doc as CSV files with a header and the target in the last column.
# Called by tools/install-datasets.sh: Rscript make-comparison-data.R FOLDER_OF_DOCS OUT
arguments <- commandArgs(trailingOnly = TRUE)
docs <- arguments[1]
out <- arguments[2]

# Missing values stay empty. Rows beyond `most` are drawn with a fixed seed, so that the files are the same everywhere.
save_set <- function(name, rows, target, drop = character(), most = 6000) {
  rows <- as.data.frame(rows)
  rows <- rows[!is.na(rows[[target]]), ]
  if (nrow(rows) > most) {
    set.seed(1)
    rows <- rows[sample(nrow(rows), most), ]
  }
  inputs <- rows[, setdiff(names(rows), c(target, drop)), drop = FALSE]
  inputs$target <- rows[[target]]
  write.csv(inputs, file.path(out, paste0(name, ".csv")), row.names = FALSE, na = "")
}

package_set <- function(package, item) {
  place <- new.env()
  data(list = item, package = package, envir = place)
  place[[item]]
}

from_package <- function(name, package, item, target, ...) save_set(name, package_set(package, item), target, ...)

from_weka <- function(name, file, target, ...) {
  save_set(name, foreign::read.arff(file.path(docs, "weka/examples", paste0(file, ".arff"))), target, ...)
}

# A FANN file: rows, inputs and outputs in its first line, then for each row a line of inputs and one of outputs.
from_fann <- function(name, classes) {
  both <- NULL
  for (part in c("train", "test")) {
    values <- scan(file.path(docs, "libfann-dev/examples/datasets", paste0(name, ".", part)), quiet = TRUE)
    both <- rbind(both, matrix(values[-(1:3)], nrow = values[1], byrow = TRUE))
    inputs <- values[2]
  }
  rows <- as.data.frame(both[, 1:inputs])
  outputs <- both[, -(1:inputs), drop = FALSE]
  rows$target <- if (classes) paste0("class", max.col(outputs)) else outputs[, 1]
  save_set(paste0("fann-", name), rows, "target")
}

from_package("boston", "mlbench", "BostonHousing", "medv")
from_package("ozone", "mlbench", "Ozone", "V4")
from_package("servo", "mlbench", "Servo", "Class")
from_package("glass", "mlbench", "Glass", "Type")
from_package("ionosphere", "mlbench", "Ionosphere", "Class")
from_package("pima", "mlbench", "PimaIndiansDiabetes2", "diabetes")
from_package("sonar", "mlbench", "Sonar", "Class")
from_package("vehicle", "mlbench", "Vehicle", "Class")
from_package("vowel", "mlbench", "Vowel", "Class")
from_package("satellite", "mlbench", "Satellite", "classes")
from_package("dna", "mlbench", "DNA", "Class")
from_package("letter", "mlbench", "LetterRecognition", "lettr")
from_package("shuttle", "mlbench", "Shuttle", "Class")
from_package("zoo", "mlbench", "Zoo", "type")
from_package("sacramento", "modeldata", "Sacramento", "price", drop = "zip")
from_package("biomass", "modeldata", "biomass", "HHV", drop = "sample")
from_package("concrete", "modeldata", "concrete", "compressive_strength")
from_package("car-prices", "modeldata", "car_prices", "Price")
from_package("ames", "modeldata", "ames", "Sale_Price")
from_package("meats", "modeldata", "meats", "protein", drop = c("water", "fat"))
from_package("hpc", "modeldata", "hpc_data", "class")
from_package("phone-churn", "modeldata", "mlc_churn", "churn")
from_package("telco-churn", "modeldata", "wa_churn", "churn")
from_package("attrition", "modeldata", "attrition", "Attrition")
from_package("cells", "modeldata", "cells", "class", drop = "case")
from_package("credit", "modeldata", "credit_data", "Status")
from_package("lending-club", "modeldata", "lending_club", "Class")
from_package("cpus", "MASS", "cpus", "perf", drop = c("name", "estperf"))
from_package("nlschools", "MASS", "nlschools", "lang", drop = "class")
fuel <- package_set("ggplot2", "mpg")
fuel$drv <- paste0("drive ", fuel$drv) # 4, f and r: numbers and texts in one column are refused
save_set("mpg", fuel, "hwy", drop = c("cty", "model"))
from_package("diamonds", "ggplot2", "diamonds", "price")
from_weka("credit-g", "credit-g", "class")
from_weka("vote", "vote", "Class")
from_weka("segment", "segment-challenge", "class")
from_weka("soybean", "soybean", "class")
from_weka("recurrence", "breast-cancer", "Class")
from_weka("labor", "labor", "class")
for (name in c("abelone", "bank32fm", "bank32nh", "building", "census-house", "kin32fm", "pumadyn-32fm")) {
  from_fann(name, classes = FALSE)
}
for (name in c("gene", "thyroid")) {
  from_fann(name, classes = TRUE)
}

# Friedman (1991), problem 1: ten uniform inputs, of which five count, noise of standard deviation 1.
set.seed(1)
made <- mlbench::mlbench.friedman1(1000)
save_set("friedman1", data.frame(made$x, y = made$y), "y")
