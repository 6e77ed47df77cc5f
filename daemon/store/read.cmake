# Lists for people and programs; included by CMakeLists.txt.
set(YJ_STORE_READ_SOURCES src/read.c src/read_incident.c src/read_rejected.c src/read_explain.c
    src/read_beds.c src/read_check.c src/read_visits.c src/read_moves.c src/read_roster.c src/read_rounds.c
    src/ready.c src/ready_plans.c src/ready_people.c src/ready_reach.c)
